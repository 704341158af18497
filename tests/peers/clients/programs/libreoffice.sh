# Open an answer with LibreOffice and save it with tabs: libreoffice.sh TASK ADDRESS QUERY
address=$(curl -sSG -o /dev/null -w '%{url_effective}' "$2/sparql?format=csv" --data-urlencode "query=$3")
if [ "$1" = select ]; then
  soffice --headless --infilter='Text - txt - csv (StarCalc):44,34,76,1' \
    --convert-to 'csv:Text - txt - csv (StarCalc):9,0,76,1' "$address" >saved
  tail -n +2 sparql.csv
fi
