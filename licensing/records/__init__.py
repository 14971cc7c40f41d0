"""The licences the engine has read, by family: one record of facts for each."""
