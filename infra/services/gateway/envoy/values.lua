-- Refuses a request of JSON with more values than MAX: what reads `model` builds a tree of them all, of about 180 bytes
-- each. What is set before this text: MAX (a number), and SMALL (bytes of a body that can't have too many). Commas and
-- brackets inside a string are none; a quote behind a backslash doesn't end one.

local PIECE = 65536  -- bytes, of which there is a copy at a time

local function values(body, size)
  local found, inside, skipped = 0, false, false
  for at = 0, size - 1, PIECE do
    local piece = body:getBytes(at, math.min(PIECE, size - at))
    for here = 1, #piece do
      local letter = piece:byte(here)
      if skipped then skipped = false
      elseif letter == 34 then inside = not inside
      elseif inside then skipped = letter == 92
      elseif letter == 44 or letter == 91 or letter == 123 then found = found + 1 end
    end
    if found > MAX then return found end
  end
  return found
end

function envoy_on_request(handle)
  local kind = handle:headers():get("content-type") or ""
  if not kind:lower():find("application/json", 1, true) then return end
  local body = handle:body()
  if not body or body:length() < SMALL then return end
  if values(body, body:length()) > MAX then handle:respond({[":status"] = "413"}, "") end
end
