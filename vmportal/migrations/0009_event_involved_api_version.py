import json

from django.db import migrations, models


def fill(apps, schema_editor):
    event = apps.get_model("vmportal", "Event")
    for row in event.objects.order_by().only("pk", "body").iterator(chunk_size=500):
        version = (json.loads(row.body).get("involvedObject") or {}).get("apiVersion") or ""
        event.objects.filter(pk=row.pk).update(involved_api_version=version[:100])


class Migration(migrations.Migration):
    dependencies = [("vmportal", "0008_idempotency_key")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="involved_api_version",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
