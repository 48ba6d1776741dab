from django.apps import AppConfig


class VmportalConfig(AppConfig):
    name = "vmportal"
