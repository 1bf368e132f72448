"""Side by side with other tools: the same work by ids_build and by its peers, in turn; README.md tells what and how."""
