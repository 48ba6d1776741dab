import json

from django.db import migrations, models


def fill(apps, schema_editor):
    event = apps.get_model("vmportal", "Event")
    for row in event.objects.order_by().only("pk", "body").iterator(chunk_size=500):
        namespace = (json.loads(row.body).get("involvedObject") or {}).get("namespace") or ""
        event.objects.filter(pk=row.pk).update(involved_namespace=namespace)


class Migration(migrations.Migration):
    dependencies = [("vmportal", "0011_connection")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="involved_namespace",
            field=models.CharField(blank=True, default="", max_length=63),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
