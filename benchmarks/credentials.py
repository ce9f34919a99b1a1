"""The account that every program of the benchmarks serves. Imports nothing: the other SDKs read it too."""

TOKEN = "benchmark"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APPID = "wxb11529c136998cb6"
