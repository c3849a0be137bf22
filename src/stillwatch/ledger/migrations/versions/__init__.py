"""The steps from one form of the ledger to the next; a step that was released is never changed."""
