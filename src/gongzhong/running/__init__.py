"""Programs that run: the platform, a served account, the development loop, the doctor.

The one layer below the command line that sees both sides of the wire. Every command calls one function from here,
and so may a program.
"""
