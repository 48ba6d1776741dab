from django.db import migrations, models

import vmportal.resource


class Migration(migrations.Migration):

    dependencies = [
        ('vmportal', '0007_offer'),
    ]

    operations = [
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('request', models.CharField(max_length=64)),
                ('body', vmportal.resource.BodyField()),
                ('warnings', models.JSONField(default=list)),
                ('at', models.DateTimeField(db_index=True)),
            ],
        ),
    ]
