"""Turn strangers' queries into answers in processes that may be killed."""
