"""Small networks of architectures that came after those of lib/zoo, as people export them; see export_modern.py."""
from modern import encoders, instances, patches, points, prompts, queries, sequences, volumes

FAMILIES = (encoders, volumes, patches, prompts, queries, points, instances, sequences)
NETWORKS = {name: network for family in FAMILIES for name, network in family.NETWORKS.items()}
