"""Sends template messages with wechatpy and prints how long it took: python wechatpy_calls.py PORT COUNT"""

import sys
import time

from credentials import APPID, TOKEN
from wechatpy import WeChatClient

PORT, COUNT = int(sys.argv[1]), int(sys.argv[2])
DATA = {"first": {"value": "您的订单已发货"}, "remark": {"value": "点击查看物流"}}

WeChatClient.API_BASE_URL = f"http://127.0.0.1:{PORT}/cgi-bin/"
client = WeChatClient(APPID, TOKEN, access_token="BENCHMARK-TOKEN")
send = client.message.send_template
send("o0", "T", DATA, url="https://example.com/0")
began = time.perf_counter()
for number in range(COUNT):
    send(f"o{number}", "T", DATA, url=f"https://example.com/{number}")
print(time.perf_counter() - began)
