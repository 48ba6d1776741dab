"""The addresses of the pages that belong to no kind."""

from __future__ import annotations

from django.urls import path

from vmportal.pages import account, sign_in, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("theme/", views.theme, name="theme"),
    path("account/", account.account, name="account"),
    path("account/tokens/", account.make_token, name="make-token"),
    path("account/tokens/<str:key>/revoke/", account.revoke_token, name="revoke-token"),
    path("account/kubeconfig/", account.download_kubeconfig, name="kubeconfig"),
    path("account/sign-out-everywhere/", account.sign_out_everywhere, name="sign-out-everywhere"),
    path("ns/", views.namespaces, name="namespaces"),
    path("ns/<str:namespace>/activity/", views.activity, name="activity"),
]
