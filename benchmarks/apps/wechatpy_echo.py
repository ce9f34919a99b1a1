"""The account of the measurements, written with wechatpy on Flask as its documentation shows."""

import os

from credentials import APPID, KEY, TOKEN
from flask import Flask, abort, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.messages import TextMessage
from wechatpy.utils import check_signature

app = Flask(__name__)
crypto = WeChatCrypto(TOKEN, KEY, APPID)


def echo(message: TextMessage) -> str:
    return message.content


def answered(body: bytes | str) -> str:
    message = parse_message(body)
    return create_reply(echo(message) if message.type == "text" else "", message).render()


def plain() -> str:
    try:
        check_signature(TOKEN, request.args["signature"], request.args["timestamp"], request.args["nonce"])
    except InvalidSignatureException:
        abort(403)
    return answered(request.data)


def safe() -> str:
    signature, timestamp, nonce = (request.args[name] for name in ("msg_signature", "timestamp", "nonce"))
    try:
        body = crypto.decrypt_message(request.data, signature, timestamp, nonce)
    except (InvalidSignatureException, InvalidAppIdException):
        abort(403)
    return crypto.encrypt_message(answered(body), nonce, timestamp)


app.post("/")(plain if os.environ["MODE"] == "plain" else safe)
