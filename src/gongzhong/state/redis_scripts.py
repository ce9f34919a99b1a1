"""What `redis.py` has Redis carry out: one Lua script for each operation; the time is one of its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha1
from typing import Final

FUNCTIONS: Final = """
local function next_number(key, now)
  local number = math.max(tonumber(redis.call('GET', key) or '0') + 1, tonumber(now))
  local text = string.format('%.0f', number)
  redis.call('SET', key, text)
  return text
end
local function fenced(lease, fence, now, kept)
  if fence == '' then return true end
  local found = redis.call('HMGET', lease, 'number', 'until')
  return found[1] == fence and tonumber(found[2]) + kept > now
end
local function keep(key, ms)
  if redis.call('PTTL', key) < tonumber(ms) then redis.call('PEXPIRE', key, ms) end
end
local function drop_expired(items, order, ends, now)
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now)) do
    redis.call('ZREM', ends, number); redis.call('ZREM', order, number); redis.call('HDEL', items, number)
  end
end
"""


@dataclass(frozen=True)
class Script:
    """A Lua script and the name by which Redis knows it."""

    text: str
    sha: str


def script(body: str) -> Script:
    text = FUNCTIONS + body
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


GET: Final = script("""
local found = redis.call('HMGET', KEYS[1], 'data', 'version', 'expires_at')
if not found[1] or tonumber(found[3]) <= tonumber(ARGV[1]) then return false end
return found
""")

PUT: Final = script("""
local now, found = tonumber(ARGV[1]), redis.call('HMGET', KEYS[1], 'version', 'expires_at')
local version = (found[1] and tonumber(found[2]) > now) and found[1] or '0'
if version ~= ARGV[2] or not fenced(KEYS[2], ARGV[3], now, tonumber(ARGV[4])) then return false end
local number = next_number(KEYS[3], ARGV[5])
redis.call('HSET', KEYS[1], 'data', ARGV[6], 'version', number, 'expires_at', ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[8])
redis.call('PUBLISH', KEYS[4], number)
return number
""")

PUT_MANY: Final = script("""
local now, number = tonumber(ARGV[1]), math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, tonumber(ARGV[2]))
local outcomes, from = {}, 1
for place, write in ipairs(cmsgpack.unpack(ARGV[5])) do
  local key, length = write[1], write[3]
  local found = redis.call('HMGET', key, 'version', 'expires_at')
  local version = (found[1] and tonumber(found[2]) > now) and found[1] or '0'
  if version == write[2] then
    local text = string.format('%.0f', number)
    local data = string.sub(ARGV[6], from, from + length - 1)
    redis.call('HSET', key, 'data', data, 'version', text, 'expires_at', ARGV[3])
    redis.call('PEXPIRE', key, ARGV[4])
    outcomes[place], number = text, number + 1
  else
    outcomes[place] = version ~= '0' and redis.call('HMGET', key, 'data', 'version', 'expires_at')
  end
  from = from + length
end
redis.call('SET', KEYS[1], string.format('%.0f', number - 1))
return outcomes
""")
"""All writes come in two arguments, what is written in one piece: as many arguments would cost more than the script."""

DELETE: Final = script("""
local now, found = tonumber(ARGV[1]), redis.call('HMGET', KEYS[1], 'version', 'expires_at')
if not found[1] or tonumber(found[2]) <= now or found[1] ~= ARGV[2] then return 0 end
if not fenced(KEYS[2], ARGV[3], now, tonumber(ARGV[4])) then return 0 end
return redis.call('DEL', KEYS[1])
""")

RUNS: Final = """
local now, found = tonumber(ARGV[1]), redis.call('HMGET', KEYS[1], 'number', 'until', 'holder')
local ends = tonumber(found[2] or '0')
local runs = ends > now and ends <= now + tonumber(ARGV[2])
"""

LEASE: Final = script(
    RUNS
    + """
if runs and found[3] ~= ARGV[3] then return false end
local number = runs and found[1] or next_number(KEYS[2], ARGV[4])
redis.call('HSET', KEYS[1], 'holder', ARGV[3], 'number', number, 'until', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return number
"""
)

RELEASE: Final = script(
    RUNS
    + """
if found[1] ~= ARGV[3] then return 0 end
redis.call('DEL', KEYS[1])
return runs and 1 or 0
"""
)

ADD: Final = script("""
local now, found = tonumber(ARGV[1]), redis.call('HMGET', KEYS[1], 'count', 'until')
local running = found[1] and tonumber(found[2]) > now
local before, n, limit = running and tonumber(found[1]) or 0, tonumber(ARGV[2]), tonumber(ARGV[3])
local count = math.max(0, before + n)
if n > 0 and limit and count > limit then return false end
if n > 0 or before > 0 then
  redis.call('HSET', KEYS[1], 'count', string.format('%.0f', count))
  if not running then
    redis.call('HSET', KEYS[1], 'until', ARGV[4])
    redis.call('PEXPIRE', KEYS[1], ARGV[5])
  end
end
return string.format('%.0f', count)
""")

PUSH: Final = script("""
drop_expired(KEYS[1], KEYS[2], KEYS[3], ARGV[1])
local length, limit = redis.call('ZCARD', KEYS[2]), tonumber(ARGV[2])
if limit and length >= limit then return false end
if not fenced(KEYS[4], ARGV[3], tonumber(ARGV[1]), tonumber(ARGV[4])) then return false end
local number = next_number(KEYS[5], ARGV[5])
redis.call('HSET', KEYS[1], number, ARGV[6])
redis.call('ZADD', KEYS[2], number, number)
redis.call('ZADD', KEYS[3], ARGV[7], number)
for key = 1, 3 do keep(KEYS[key], ARGV[8]) end
return length + 1
""")

TAKE: Final = script("""
drop_expired(KEYS[1], KEYS[2], KEYS[3], ARGV[1])
local taken = {}
for _, number in ipairs(redis.call('ZRANGE', KEYS[2], 0, tonumber(ARGV[2]) - 1)) do
  table.insert(taken, redis.call('HGET', KEYS[1], number))
  redis.call('ZREM', KEYS[3], number); redis.call('ZREM', KEYS[2], number); redis.call('HDEL', KEYS[1], number)
end
return taken
""")
