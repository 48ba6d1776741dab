"""The addresses of the pages that belong to no kind."""

from __future__ import annotations

from django.urls import path

from vmportal.pages import account, connections, namespaces, offers, reference, sign_in, views

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
    path("reference/", reference.reference, name="api-reference"),
    path("ns/", views.namespaces, name="namespaces"),
    path("admin/namespaces/", namespaces.index, name="namespace-list"),
    path("admin/new-namespace/", namespaces.new, name="new-namespace"),
    path("admin/namespaces/<str:name>/", namespaces.one, name="namespace"),
    path("admin/namespaces/<str:name>/labels/", namespaces.change_labels, name="namespace-labels"),
    path("admin/namespaces/<str:name>/members/", namespaces.add_members, name="add-members"),
    path("admin/namespaces/<str:name>/members/remove/", namespaces.remove_member, name="remove-member"),
    path("admin/namespaces/<str:name>/delete/", namespaces.delete, name="delete-namespace"),
    path("admin/offers/", offers.index, name="offers"),
    path("admin/new-offer/", offers.new, name="new-offer"),
    path("admin/offers/<str:name>/", offers.one, name="offer"),
    path("admin/offers/<str:name>/edit/", offers.edit, name="edit-offer"),
    path("admin/offers/<str:name>/delete/", offers.delete, name="delete-offer"),
    path("admin/connections/", connections.index, name="connections"),
    path("admin/new-connection/", connections.new, name="new-connection"),
    path("admin/connections/<str:name>/", connections.one, name="connection"),
    path("admin/connections/<str:name>/edit/", connections.edit, name="edit-connection"),
    path("admin/connections/<str:name>/try/", connections.try_now, name="try-connection"),
    path("admin/connections/<str:name>/delete/", connections.delete, name="delete-connection"),
    path("ns/<str:namespace>/activity/", views.activity, name="activity"),
]
