"""Several worker processes behind one listening socket, started, watched and replaced by one supervisor.

    lifecycle.py   the supervisor's state machine: a record, a pure decision, the table of transitions
    messages.py    what supervisor and workers tell each other over a socket pair
    launching.py   how worker processes are made
    template.py    the process that they are copies of, where the system can do that
    runner.py      the supervisor: processes, signals and sockets that carry the decisions out
    worker.py      one worker: imports the program, serves it on the socket that it was given

The supervisor never imports the program: a program that fails cannot take it along, and a reload starts from the files
as they are now.
"""
