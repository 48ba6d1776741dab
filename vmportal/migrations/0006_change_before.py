from django.db import migrations

import vmportal.resource


class Migration(migrations.Migration):
    dependencies = [("vmportal", "0005_token")]

    operations = [
        migrations.AddField(
            model_name="change",
            name="before",
            field=vmportal.resource.PackedBodyField(null=True),
        ),
    ]
