"""One row of the traffic log in full: explained in words, signed and encrypted step by step, as code, and as files.

explaining  what happened, why, and what to do: from the source of `gongzhong explain`
seals       how the signatures of an attempt and its ciphertext came about
code        the same as curl, as command, in Python and as a test
har         many rows as HAR 1.2 or JSON
"""
