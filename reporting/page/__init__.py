"""Document -> one HTML file that needs no network: tables to sort and filter, charts to point at."""
