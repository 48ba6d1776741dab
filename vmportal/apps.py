from django.apps import AppConfig
from django.db.models.signals import post_migrate


class VmportalConfig(AppConfig):
    name = "vmportal"

    def ready(self) -> None:
        from vmportal.migrated import complete  # needs the models, which are not there before

        post_migrate.connect(complete, sender=self)
