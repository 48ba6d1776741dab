"""Tokens get a name, a scope, networks and a last use: a table of the portal's own, instead of knox's."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def take_over(apps: Any, schema_editor: Any) -> None:
    """What was made before goes on: same digest, same end. It stands in one place only."""
    before, token = apps.get_model("knox", "AuthToken"), apps.get_model("vmportal", "Token")
    for old in before.objects.order_by("created"):
        new = token.objects.create(
            digest=old.digest,
            token_key=old.token_key,
            user_id=old.user_id,
            expiry=old.expiry,
            name="from before tokens had names",
        )
        token.objects.filter(pk=new.pk).update(created=old.created)
    before.objects.all().delete()


def drop(apps: Any, schema_editor: Any) -> None:
    """Emptied, it would still hold on to users: PostgreSQL then refuses to flush what Django knows of."""
    schema_editor.delete_model(apps.get_model("knox", "AuthToken"))


def make_again(apps: Any, schema_editor: Any) -> None:
    schema_editor.create_model(apps.get_model("knox", "AuthToken"))


class Migration(migrations.Migration):
    dependencies = [
        ("vmportal", "0004_impersonated"),
        ("knox", "0009_extend_authtoken_field"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="sessions_ended",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("digest", models.CharField(max_length=128, primary_key=True, serialize=False)),
                ("token_key", models.CharField(db_index=True, max_length=25)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("expiry", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(max_length=100)),
                ("read_only", models.BooleanField(default=False)),
                ("namespace", models.CharField(blank=True, max_length=63)),
                ("networks", models.JSONField(default=list)),
                ("last_used", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="auth_token_set",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.RunPython(drop, make_again),
    ]
