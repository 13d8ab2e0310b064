-- One model that somebody else hosts. What is set before this text: NAME and MODEL (texts), CONTACT (text or nil).
-- A request goes out with the headers below and no others, and with the provider's name of the model. An answer comes
-- back with the headers below and no others; what went wrong is said in the gateway's own words, since a provider's
-- text may name its customer, or a part of the key.

local SENT = {["content-type"] = true, ["content-length"] = true, ["accept"] = true, ["transfer-encoding"] = true}
local BACK = {["content-type"] = true, ["content-length"] = true, ["retry-after"] = true, ["transfer-encoding"] = true}
-- `models` is where some providers read other models that may answer instead.
local CHOOSES = {["model"] = true, ["models"] = true}
local LARGE = 1000000  -- bytes
local HERE = "gateway.external"

local function text_of(value)
  return '"' .. value:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

local function only(headers, kept)
  local others = {}
  for name in pairs(headers) do
    if name:sub(1, 1) ~= ":" and not kept[name] then others[#others + 1] = name end
  end
  for _, name in ipairs(others) do headers:remove(name) end
end

-- The place behind a string of JSON that begins at a place.
local function behind_string(text, at)
  local here = at + 1
  while true do
    local found = text:find('["\\]', here)
    if text:byte(found) == 34 then return found + 1 end
    here = found + 2
  end
end

-- The place behind any value of JSON.
local function behind(text, at)
  local first = text:sub(at, at)
  if first == '"' then return behind_string(text, at) end
  if first ~= "{" and first ~= "[" then return text:find("[%s,}]", at) end
  local depth, here = 0, at
  repeat
    local found = text:find('["{}%[%]]', here)
    local letter = text:sub(found, found)
    if letter == '"' then
      here = behind_string(text, found)
    else
      depth = depth + ((letter == "{" or letter == "[") and 1 or -1)
      here = found + 1
    end
  until depth == 0
  return here
end

-- A provider may read a key whatever its case, and an escaped letter as the letter.
local function chooses(key)
  return CHOOSES[key:gsub("\\u00(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end):lower()]
end

-- A body of JSON, an object, with the provider's name of the model and no other.
local function asking_for(model, text)
  local kept, here = {'"model":' .. text_of(model)}, text:find("{", 1, true) + 1
  while true do
    local key = text:find("[^%s,]", here)
    if text:sub(key, key) == "}" then break end
    local ends = behind_string(text, key)
    here = behind(text, text:match("^%s*:%s*()", ends))
    if not chooses(text:sub(key + 1, ends - 2)) then kept[#kept + 1] = text:sub(key, here - 1) end
  end
  return "{" .. table.concat(kept, ",") .. "}"
end

local function send(handle)
  handle:streamInfo():dynamicMetadata():set(HERE, "request_id", handle:headers():get("x-request-id") or "")
  only(handle:headers(), SENT)
  handle:headers():replace(":path", (handle:headers():get(":path"):gsub("%?.*", "")))
  local body = handle:body()
  local size = body:setBytes(asking_for(MODEL, body:getBytes(0, body:length())))
  handle:headers():replace("content-length", tostring(size))  -- those from before the body came are gone
  return size
end

function envoy_on_request(handle)
  local ok, size = pcall(send, handle)
  if not ok then return handle:respond({[":status"] = "500"}, "") end
  if size > LARGE then collectgarbage() end  -- Envoy's limit of memory doesn't see Lua's
end

-- status of the provider -> status, code and words of the gateway.
local SAID = {
  [401] = {502, "external_key_refused", "its provider refuses the platform's key"},
  [404] = {502, "external_not_found", "its provider has no such path, or no such model"},
  [408] = {504, "external_timeout", "its provider gave no answer in time"},
  [429] = {429, "external_busy", "its provider takes no more requests of this platform now"},
  [503] = {503, "external_unavailable", "its provider can't be reached, or is overloaded"},
}
SAID[402], SAID[403], SAID[407], SAID[504], SAID[529] = SAID[401], SAID[401], SAID[401], SAID[408], SAID[503]
local FAILED = {502, "external_failed", "its provider failed"}
local BROKEN = {502, "external_broken", "its provider's answer isn't one of this API"}
local REFUSED = {400, "external_refused", "its provider refuses this request and doesn't say why"}

-- What to say instead of the provider's answer; nil: nothing.
local function wrong(handle, status, kind)
  local here = handle:streamInfo():dynamicMetadata():get(HERE) or {}
  local json = here["is_json"] and handle:body(true):length() > 0  -- it is whole here
  if status >= 200 and status < 300 then
    return not (json or kind:find("^text/event%-stream")) and BROKEN or nil
  end
  if SAID[status] or status < 400 or status >= 500 then return SAID[status] or FAILED end
  return not json and REFUSED or nil
end

local function answer(handle)
  local headers = handle:headers()
  local status, kind = tonumber(headers:get(":status")), (headers:get("content-type") or ""):lower()
  local wait = headers:get("retry-after")
  local found = wrong(handle, status, kind)
  headers = handle:headers()
  only(headers, BACK)
  headers:replace("x-llm-served-by", NAME)
  if not found then return end
  local fields = {
    '"message":' .. text_of(NAME .. " is answered elsewhere: " .. found[3]),
    '"type":' .. text_of(found[1] == 429 and "rate_limit_error" or found[1] == 400 and "invalid_request_error" or "server_error"),
    '"code":' .. text_of(found[2]),
    '"request_id":' .. text_of((handle:streamInfo():dynamicMetadata():get(HERE) or {})["request_id"] or ""),
  }
  if CONTACT then fields[#fields + 1] = '"contact":' .. text_of(CONTACT) end
  if wait and wait:find("^%d+$") then fields[#fields + 1] = '"retry_after":' .. wait end
  local size = handle:body(true):setBytes('{"error":{' .. table.concat(fields, ",") .. "}}")
  headers = handle:headers()
  headers:replace(":status", tostring(found[1]))
  headers:replace("content-type", "application/json")
  headers:replace("content-length", tostring(size))
  headers:remove("transfer-encoding")
end

function envoy_on_response(handle)
  if pcall(answer, handle) then return end
  handle:headers():replace(":status", "502")
  handle:body(true):setBytes("")
end
