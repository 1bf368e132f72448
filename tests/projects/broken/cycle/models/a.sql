select x from {{ ref('c') }}
