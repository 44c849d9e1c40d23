"""The ``/hooks`` endpoints: where other systems call in (contract, section 3)."""
