"""The interface debugging tool (接口调试工具): calls and pushes that somebody makes by hand, step by step.

    forms       every call with a form, from its declaration; examples.py fills it in from the world
    trying      what goes out for the values of a form; code.py says the same as curl, command and Python
    explained   what an answer means; rids are looked up
    pushes      a push built step by step, sent to a program of this machine, and judged
    signatures  what is inside a ciphertext; the signature of a JS-SDK page

No HTTP of the control API here, and no connection to WeChat: whoever runs the platform may hand in an `Outside`.
"""
