"""What is heard on an answered line: a person, a machine, a recorder phone, a fax. Pure but for `audiosocket` and `speech`."""
