"""The rules of the kinds beside VirtualMachine, one file a kind, as VM Operator's webhooks say them (section 7).

Each file has all of its kind (what is looked up, defaults, rules, policy) and ends with its `ADMISSION`, which
`vms.kinds` gives to the kind. The rules of VirtualMachine itself are in `vms.rules`.
"""
