"""The main job of the house on real data, told as five people through the services."""
