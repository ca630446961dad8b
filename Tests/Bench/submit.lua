-- Submits waiting jobs of about 1.2 KB each under new names.
-- Usage: wrk -s submit.lua URL -- STEM TOKEN [JOBS-A-REQUEST]

local threads = 0

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

function init(arguments)
  stem, token = arguments[1], arguments[2]
  batch = tonumber(arguments[3] or "1")
  sent, refused = 0, 0
  local filler, variables = string.rep("x", 84), {}
  for index = 0, 7 do
    variables[#variables + 1] = '"VARIABLE_' .. index .. '":"' .. filler .. '"'
  end
  tail = '","labels":{"team":"bench"}},"spec":{"allowUnplaceable":true,"timeLimit":"1h","roles":[{'
    .. '"name":"worker","replicas":1,"resources":{"cpus":"1","gpus":8,"gpuModels":["H999"]},'
    .. '"command":["/bin/true"],"env":{' .. table.concat(variables, ",") .. '}}]}}'
  headers = {["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json"}
end

local function job()
  sent = sent + 1
  return '{"apiVersion":"muster.dev/v1","kind":"Job","metadata":{"name":"' .. stem .. '-' .. id
    .. '-' .. sent .. tail
end

function request()
  local body
  if batch == 1 then
    body = job()
  else
    local jobs = {}
    for index = 1, batch do jobs[index] = job() end
    body = '{"kind":"JobList","items":[' .. table.concat(jobs, ",") .. ']}'
  end
  return wrk.format("POST", "/apis/muster.dev/v1/namespaces/default/jobs", headers, body)
end

function response(status, _, body)
  if status ~= 201 then
    refused = refused + 1
    if refused == 1 then print("refused:", status, body) end
  end
end
