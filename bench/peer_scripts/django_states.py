"""django-fsm-2 with django-fsm-log on SQLite: `python django_states.py FILE COUNT`; prints the seconds for a change."""

import sys
import time

import django
from django.conf import settings
from django.db import connection, models, transaction

FILE, COUNT = sys.argv[1], int(sys.argv[2])
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_fsm", "django_fsm_log"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FILE,
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
                "transaction_mode": "IMMEDIATE",
            },
        }
    },
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402  (Django wants its settings first)
from django_fsm import FSMField  # noqa: E402
from django_fsm import transition as moves  # noqa: E402


class Case(models.Model):
    """A case with the facts and the day that the change records, as columns."""

    reference = models.CharField(max_length=40, unique=True)
    state = FSMField(default="assessment_refused", protected=True)
    letter_sent_on = models.DateField(null=True)
    letter_method = models.CharField(max_length=20, null=True)
    appeal_by = models.DateField(null=True)

    class Meta:
        app_label = "bench"

    @moves(field=state, source="assessment_refused", target="letter_sent")
    def send_letter(self) -> None:
        self.letter_sent_on, self.letter_method, self.appeal_by = "2026-02-23", "email", "2026-04-23"


def change(number: int) -> None:
    with transaction.atomic():
        case = Case.objects.select_for_update().get(reference=f"C-{number}")
        case.send_letter()
        case.save()


call_command("migrate", verbosity=0)
with connection.schema_editor() as editor:
    editor.create_model(Case)
WARM = 20
Case.objects.bulk_create(Case(reference=f"C-{number}") for number in range(COUNT + WARM))
for each in range(WARM):
    change(each)
start = time.perf_counter()
for each in range(WARM, WARM + COUNT):
    change(each)
print((time.perf_counter() - start) / COUNT)
