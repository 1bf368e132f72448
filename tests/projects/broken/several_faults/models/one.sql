select x from {{ ref('custmers') }}
