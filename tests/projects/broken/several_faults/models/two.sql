select x from {{ ref('customer') }}
