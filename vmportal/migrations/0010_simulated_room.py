from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vmportal", "0009_event_involved_api_version")]

    operations = [
        migrations.AddField(
            model_name="simulatedchange",
            name="gives_room",
            field=models.BooleanField(default=False),
        ),
    ]
