# Read an answer with read.csv: base.R TASK ADDRESS QUERY
words <- commandArgs(trailingOnly = TRUE)
if (words[1] == "select") {
  query <- URLencode(words[3], reserved = TRUE)
  table <- read.csv(paste0(words[2], "/sparql?format=csv&query=", query), encoding = "UTF-8")
  write.table(table, sep = "\t", quote = FALSE, row.names = FALSE, col.names = FALSE)
}
