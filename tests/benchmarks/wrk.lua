-- Sends the requests in a file in turn, and prints its figures as one line of JSON.
-- Arguments: the file (first line: Accept; then one path per line), the number of the first
-- request, and optionally any word, after which each query ends in a comment with its number.
local paths, requests, headers, at, new = {}, {}, {}, 0, false

function init(arguments)
  local lines = io.lines(arguments[1])
  headers["Accept"] = lines()
  for path in lines do
    paths[#paths + 1] = path
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
  at, new = tonumber(arguments[2]), arguments[3] ~= nil
end

function request()
  at = at + 1
  local place = (at - 1) % #requests + 1
  if new then
    return wrk.format("GET", paths[place] .. "%20%23" .. at, headers)
  end
  return requests[place]
end

function done(summary, latency)
  local failed = summary.errors
  print(string.format(
    '{"answers": %d, "seconds": %.6f, "bytes": %d, "p50": %.3f, "p99": %.3f, "failed": %d}',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    failed.status + failed.connect + failed.read + failed.write + failed.timeout))
end
