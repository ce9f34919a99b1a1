"""Print what the pages' types are made from; `make types` hands it to web/scripts/types.mjs."""

import json

from gongzhong.platform.doors.control import ROUTES
from gongzhong.platform.doors.control.openapi import document
from gongzhong.platform.doors.control.openapi_pages import digest, pages_document

reduced = pages_document(document(ROUTES))
print(json.dumps({"digest": digest(reduced), "document": reduced}))
