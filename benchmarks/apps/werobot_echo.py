"""The account of the measurements, written with WeRoBot and served as its `run` does where waitress is installed.

Sessions, which nobody else keeps here, are off, and so are waitress's lines about a queue, one for each request.
"""

import logging
import os
import sys

from credentials import APPID, KEY, TOKEN
from werobot import WeRoBot
from werobot.messages.messages import TextMessage

robot = WeRoBot(token=TOKEN)
robot.config["SESSION_STORAGE"] = False
if os.environ["MODE"] == "safe":
    robot.config["APP_ID"], robot.config["ENCODING_AES_KEY"] = APPID, KEY
app = robot.wsgi


@robot.text
def echo(message: TextMessage) -> str:
    return message.content


if __name__ == "__main__":
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    robot.run(host="127.0.0.1", port=int(sys.argv[1]), enable_pretty_logging=False)
