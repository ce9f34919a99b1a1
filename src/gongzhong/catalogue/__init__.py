"""The vocabulary that client and platform share: every API call, its limits, its return codes and its
encoding.

    model       what a declaration says: Call, Reply, Spec, Upload, Download
    fields      constraints on parameters, the return code of each, and checking them
    limits      the numbers
    encoding    a call ↔ query, JSON or multipart; an answer ↔ bytes
    registry    ALL calls, found by verb and path or by name

The other modules are the chapters that `registry` names, and what several of them share, such as `articles`.
"""
