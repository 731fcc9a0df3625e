"""What a case can be, what may follow, and by when.

The ground floor: the workflow as one table, the statutory timetable as another, the calendar and the arithmetic
of dates. Nothing here knows a database, a clock, a file that changes, or the network.
"""
