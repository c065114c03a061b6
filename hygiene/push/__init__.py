"""Other systems' APIs: suppressions are sent there, and their own lists are read; what is said to whom is `[api]`.

A request whose answer was lost is sent again. That is safe: every system here takes the same row twice as once.
"""
