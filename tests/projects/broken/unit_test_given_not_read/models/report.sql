select x from {{ ref('customers') }}
