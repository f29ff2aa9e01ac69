"""What a Windows domain controller answers otherwise than Samba: one class for each kind of difference.

Each module ends with its CASES: the differences by name, where each is documented, and what gmsactl has to make of it.
"""
