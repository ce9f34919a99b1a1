"""The people API: what operators do with people's data, over HTTP, with keys and roles.

    app = PeopleApi(people, PeopleKeyTables(statements), purposes)     # ASGI; `gongzhong people serve` serves it

docs/people-api.md describes it.
"""

from .door import PeopleApi
from .keys import ROLES, PeopleKey, make_people_key
from .tables import PeopleKeyTables

__all__ = ["ROLES", "PeopleApi", "PeopleKey", "PeopleKeyTables", "make_people_key"]
