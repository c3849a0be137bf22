"""The parts of identities: address blocks, clients and their headers, opaque identifiers."""
