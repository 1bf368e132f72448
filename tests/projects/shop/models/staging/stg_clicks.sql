{{ config(materialized='table') }}

select
    user_id as customer_id,
    page,
    clicked_at
from {{ source('web', 'clicks') }}
