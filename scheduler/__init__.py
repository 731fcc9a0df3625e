"""What time does: APScheduler as the alarm clock, finding what is due, handing it on, and the heartbeat.

The rows of the database are the truth. Nothing here knows what is to be done with a due deadline: it is handed that.
"""
