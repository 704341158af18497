-- Sends the requests of a file in turn (first line: Accept; then one path a line; the second
-- argument says where to begin), and prints one line of JSON.
local requests, at = {}, 0

function init(arguments)
  local lines = io.lines(arguments[1])
  local headers = { ["Accept"] = lines() }
  for path in lines do
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
  at = tonumber(arguments[2])
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local failed = summary.errors
  print(string.format(
    '{"answers": %d, "seconds": %.6f, "bytes": %d, "p50": %.3f, "p99": %.3f, "failed": %d}',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    failed.status + failed.connect + failed.read + failed.write + failed.timeout))
end
