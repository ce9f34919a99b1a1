"""How several processes answer for one account: each person is one process's at a time.

    members.py   this process's lease: who lives, who died; what a process that was stopped may no longer do
    person.py    what all processes know of one person, and who has them: a record and a pure decision
    mail.py      a delivery that came to another process than the person's goes there, and its answer comes back

`app/shared_window.py` brings them together around the reply window, `app/inbox.py` keeps what was accepted.
"""
