"""What each route answers when it succeeds, as tables; the description of the API is made of them.

A line is ``METHOD path … -> field: type, …`` (see ``notation``). Tests compare every answer that they get with its
line.
"""
