"""What clients see of the portal beside what they see of a real kube-apiserver, scenario by scenario."""
